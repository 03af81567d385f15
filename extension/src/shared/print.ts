// By which a prompt is known again on its page, without keeping it.

/** Pages show a prompt as Markdown, or with other spaces: only what is neither counts. */
export function lettersOf(text: string): string {
  return text.replace(/[\s*_`#>\-+~\\|]+/g, '');
}

/** Two numbers of 32 bits in hex (cyrb53): pages without TLS have nothing better; it guards nothing. */
export function printOf(text: string): string {
  const letters = lettersOf(text);
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let at = 0; at < letters.length; at += 1) {
    const unit = letters.charCodeAt(at);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (a >>> 0).toString(16) + (b >>> 0).toString(16);
}
