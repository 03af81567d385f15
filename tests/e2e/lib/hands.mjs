// What a page's person does on it, by the page's own events.

import { until } from './wait.mjs';

/** Types into a field that a framework may control. */
const fill = (selector, text) => `(() => {
  const field = document.querySelector(${JSON.stringify(selector)});
  field.focus();
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, ${JSON.stringify(text)});
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.dispatchEvent(new Event('change', { bubbles: true }));
})()`;

const enter = (selector) => `document.querySelector(${JSON.stringify(selector)}).dispatchEvent(
  new KeyboardEvent('keydown', { key: 'Enter', code: 'Enter', keyCode: 13, bubbles: true }))`;

const click = (selector) => `document.querySelector(${JSON.stringify(selector)}).click()`;

/** Fills a form's fields, then presses a button or Enter in a field; the page sees one after the other. */
export async function fillForm(browser, page, { fields, button, enterIn }) {
  for (const [selector, text] of Object.entries(fields)) {
    const there = `!!document.querySelector(${JSON.stringify(selector)})`;
    await until(`the page to have ${selector}`, () => browser.evaluate(page, there));
    await browser.evaluate(page, fill(selector, text));
  }
  await browser.evaluate(page, button ? click(button) : enter(enterIn));
}

/** The popup as it is over a page. */
export async function popupFor(browser, page) {
  const popup = await browser.popup();
  const tab = await browser.evaluate(popup, async (url) =>
    (await chrome.tabs.query({})).find((tab) => tab.url === url)?.id, await browser.evaluate(page, 'location.href'));
  await browser.go(popup, `${await browser.evaluate(popup, 'location.href')}?tab=${tab}`);
  return popup;
}
