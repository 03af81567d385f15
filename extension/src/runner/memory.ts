// What a page had before we first touched it, so that nothing of one request is left for the next.
// It outlives the page: sites keep what was chosen.

/** The page's own value of each thing that a request has changed, by its name. */
export class Memory {
  constructor(
    private readonly values: Record<string, string>,
    private readonly changed: (values: Record<string, string>) => void,
  ) {}

  get(name: string): string | undefined {
    return this.values[name];
  }

  /** Remembers the page's own value, unless one is remembered already. */
  keep(name: string, value: string): void {
    if (Object.hasOwn(this.values, name)) return;
    this.values[name] = value;
    this.changed({ ...this.values });
  }

  /** The page has its own value again. */
  forget(name: string): void {
    if (!Object.hasOwn(this.values, name)) return;
    delete this.values[name];
    this.changed({ ...this.values });
  }
}
