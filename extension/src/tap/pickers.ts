// While files are added for a turn the page's fields open no picker of the browser's. A field that is
// in no document is found by nobody else: it is shown to the runner. At all other times nothing of
// the page is changed.

import { FIELD_EVENT } from '../shared/channel';
import { apply } from './natives';

const prototype = HTMLInputElement.prototype;
const { click } = HTMLElement.prototype;
const { showPicker } = prototype;

export function holdPickers(held: boolean): void {
  if (!held) {
    Reflect.deleteProperty(prototype, 'click');
    prototype.showPicker = showPicker;
    return;
  }
  Object.defineProperty(prototype, 'click', {
    configurable: true,
    writable: true,
    value: function (this: HTMLInputElement) {
      if (this.type === 'file' && !this.isConnected) show(this);
      else apply(click, this, []);
    },
  });
  prototype.showPicker = function (this: HTMLInputElement) {
    if (this.type === 'file') show(this);
    else apply(showPicker, this, []);
  };
}

function show(field: HTMLInputElement): void {
  document.dispatchEvent(new MouseEvent(FIELD_EVENT, { relatedTarget: field }));
}
