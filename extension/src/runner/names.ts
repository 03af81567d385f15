// Roles and accessible names of elements, as far as chat pages need them
// (<https://www.w3.org/TR/accname-1.2/>, without what style sheets generate).

const NATIVE_ROLES: Record<string, string> = {
  article: 'article',
  button: 'button,summary,input[type=button],input[type=submit],input[type=reset]',
  checkbox: 'input[type=checkbox]',
  combobox: 'select',
  dialog: 'dialog',
  form: 'form',
  heading: 'h1,h2,h3,h4,h5,h6',
  img: 'img',
  link: 'a[href]',
  list: 'ul,ol',
  listitem: 'li',
  main: 'main',
  navigation: 'nav',
  option: 'option',
  progressbar: 'progress',
  radio: 'input[type=radio]',
  slider: 'input[type=range]',
  spinbutton: 'input[type=number]',
  status: 'output',
  textbox:
    'textarea,input:not([type]),input[type=text],input[type=search],input[type=email],[contenteditable=""],[contenteditable=true],[contenteditable=plaintext-only]',
};
/** Elements whose name is not what is in them. */
const FIELDS = /^(INPUT|TEXTAREA|SELECT)$/;

/** A selector for everything that may have this ARIA role. */
export function selectorOfRole(role: string): string {
  const explicit = `[role=${JSON.stringify(role)}]`;
  const native = Object.hasOwn(NATIVE_ROLES, role) ? NATIVE_ROLES[role] : undefined;
  return native ? `${explicit},${native}` : explicit;
}

/** The accessible name. */
export function nameOf(element: Element): string {
  const labelled = element.getAttribute('aria-labelledby');
  if (labelled) {
    const root = element.getRootNode() as Document | ShadowRoot;
    const words = labelled.split(/\s+/).map((id) => root.getElementById(id)?.textContent ?? '');
    return words.join(' ');
  }
  const labels = (element as HTMLInputElement).labels;
  const isButton = element.matches('input[type=button],input[type=submit],input[type=reset]');
  return (
    element.getAttribute('aria-label') ||
    (labels?.[0] ? shownText(labels[0]) : '') ||
    (isButton ? (element as HTMLInputElement).value : '') ||
    (FIELDS.test(element.tagName) ? '' : shownText(element)) ||
    element.getAttribute('title') ||
    element.getAttribute('alt') ||
    element.getAttribute('placeholder') ||
    ''
  );
}

/** What an element shows, without what is hidden from readers of names: icons, mostly. */
export function shownText(element: Element): string {
  let text = '';
  for (const node of element.childNodes) {
    if (node.nodeType === 3) text += node.textContent ?? '';
    if (node.nodeType !== 1) continue;
    const child = node as Element;
    if (child.getAttribute('aria-hidden') === 'true') continue;
    text += child.tagName === 'IMG' ? (child.getAttribute('alt') ?? '') : shownText(child);
  }
  return text.trim();
}

/** Whether a text is one of those wanted; white space and case make no difference. */
export function isOneOf(text: string, wanted: readonly string[]): boolean {
  const plain = normal(text);
  return wanted.some((one) => normal(one) === plain);
}

function normal(text: string): string {
  return text.replace(/\s+/g, ' ').trim().toLowerCase();
}
