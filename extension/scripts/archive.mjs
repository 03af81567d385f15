// A package as the gateway serves it: a zip without compression, its files in order of their names,
// each with the format's first moment as its time and -rw-r--r-- as its mode. Nothing else of the
// machine is in it, so the same files give the same bytes.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** Version 1.0 of the format suffices; made on Unix, whose modes these are. */
const NEEDED = 10;
const MADE_BY = (3 << 8) | NEEDED;
const MODE = 0o100644;
/** 1980-01-01 00:00. */
const TIME = 0;
const DATE = (1 << 5) | 1;

/** The archive of a folder. */
export function archive(folder) {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .map((name) => name.replaceAll('\\', '/'))
    .sort((a, b) => (a < b ? -1 : 1));
  const files = [];
  const directory = [];
  let offset = 0;
  for (const name of names) {
    const data = readFileSync(join(folder, name));
    const path = Buffer.from(name);
    const facts = factsOf(data, path);
    const file = Buffer.concat([numbers(['PK\x03\x04', 4]), facts, path, data]);
    const place = numbers([0, 2], [0, 2], [0, 2], [MODE * 0x10000, 4], [offset, 4]);
    directory.push(numbers(['PK\x01\x02', 4], [MADE_BY, 2]), facts, place, path);
    files.push(file);
    offset += file.length;
  }
  const central = Buffer.concat(directory);
  const count = names.length;
  const end = numbers(
    ['PK\x05\x06', 4], [0, 2], [0, 2], [count, 2], [count, 2], [central.length, 4], [offset, 4], [0, 2],
  );
  return Buffer.concat([...files, central, end]);
}

/** What the file's own header and the directory say alike. */
function factsOf(data, path) {
  const size = data.length;
  return numbers(
    [NEEDED, 2], [0, 2], [0, 2], [TIME, 2], [DATE, 2], [crc32(data), 4], [size, 4], [size, 4],
    [path.length, 2], [0, 2],
  );
}

/** Numbers of so many bytes each, the lowest first; a mark as it is. */
function numbers(...fields) {
  return Buffer.concat(
    fields.map(([value, bytes]) => {
      const field = Buffer.alloc(bytes);
      if (typeof value === 'string') field.write(value, 'latin1');
      else field.writeUIntLE(value, 0, bytes);
      return field;
    }),
  );
}
