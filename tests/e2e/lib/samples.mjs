// Files to send through pages.

/** A text file of more than one line, with characters of more than one byte. */
export const TEXT = Buffer.from('name,value\r\nünïcödé,1\n漢字 🦀,2\n');

/** A picture: one pixel, a valid PNG. */
export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
