// The browser's own file picker never opens while we add files: a page that makes a field and clicks
// it gets no picker, and we get the field.

import { FIELD_EVENT } from '../shared/channel';
import type { Tapped } from './tapped';

export class Pickers {
  private field: HTMLInputElement | null = null;

  constructor(private readonly tapped: Tapped) {}

  /** Until the returned function is called. */
  async keepClosed(): Promise<() => void> {
    this.field = null;
    const seen = (target: EventTarget | null | undefined) => {
      if (target instanceof HTMLInputElement && target.type === 'file') this.field = target;
      return this.field !== null && target === this.field;
    };
    const onClick = (event: Event) => {
      if (seen(event.composedPath()[0])) event.preventDefault();
    };
    // A field that is in no document is shown to us by the tap, on an event that goes no further.
    const onField = (event: Event) => {
      event.stopImmediatePropagation();
      seen((event as MouseEvent).relatedTarget);
    };
    window.addEventListener('click', onClick, { capture: true });
    window.addEventListener(FIELD_EVENT, onField, { capture: true });
    await this.tapped.holdPickers(true);
    return () => {
      window.removeEventListener('click', onClick, { capture: true });
      window.removeEventListener(FIELD_EVENT, onField, { capture: true });
      void this.tapped.holdPickers(false);
    };
  }

  /** The field that the page wanted a picker for. */
  lastField(): HTMLInputElement | null {
    return this.field;
  }
}
