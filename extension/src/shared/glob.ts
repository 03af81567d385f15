// Path globs of adapters: `*` within a step, `**` over steps.

const known = new Map<string, RegExp>();

export function globMatches(glob: string, path: string): boolean {
  let pattern = known.get(glob);
  if (!pattern) {
    const source = glob
      .split(/(\*\*|\*)/)
      .map((part) => (part === '**' ? '.*' : part === '*' ? '[^/]*' : escape(part)))
      .join('');
    pattern = new RegExp(`^${source}$`);
    known.set(glob, pattern);
  }
  return pattern.test(path);
}

function escape(literal: string): string {
  return literal.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
}
