// An editable element without an editor behind it.

export function composer(element, onChange, onSubmit) {
  const field = document.createElement('div');
  field.contentEditable = 'true';
  field.setAttribute('role', 'textbox');
  field.setAttribute('aria-label', 'Message');
  field.style.whiteSpace = 'pre-wrap';
  element.append(field);
  field.addEventListener('input', onChange);
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    onSubmit();
  });
  return { text: () => field.innerText.replace(/\n$/, ''), clear: () => { field.replaceChildren(); onChange(); } };
}
