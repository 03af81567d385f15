// What an element shows, as a name that can be compared.

/** White space and case do not count. */
export function plain(text: string): string {
  return text.replace(/\s+/g, ' ').trim().toLowerCase();
}

/** What an element is called: its label, or the first line that it shows. */
export function labelOf(element: Element): string {
  const label = element.getAttribute('aria-label')?.trim();
  if (label) return label;
  const shown = (element as HTMLElement).innerText ?? element.textContent ?? '';
  return (
    shown
      .split('\n')
      .map((line) => line.trim())
      .find((line) => line !== '') ?? ''
  );
}

/** All that an element shows of its state: a field its value, anything else its label and text. */
export function stateOf(element: Element): string {
  if (element instanceof HTMLInputElement) return element.value;
  return `${element.getAttribute('aria-label') ?? ''} ${element.textContent ?? ''}`;
}

/** Whether an element shows the words, alone or as its first line or label. */
export function shows(element: Element, words: string): boolean {
  const wanted = plain(words);
  return wanted === plain(element.textContent ?? '') || wanted === plain(labelOf(element));
}
