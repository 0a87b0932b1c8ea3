// Fails if the first load, everything that index.html asks for and itself, is more than 150 KB gzipped.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const LIMIT = 150 * 1024;
const site = fileURLToPath(new URL('../../src/Hubbub.Server/wwwroot/', import.meta.url));

const page = readFileSync(`${site}index.html`, 'utf8');
const files = ['index.html', ...[...page.matchAll(/(?:src|href)="\/([^"]+)"/g)].map((match) => match[1])];
let total = 0;
for (const file of files) {
  const size = gzipSync(readFileSync(site + file)).length;
  total += size;
  console.log(`${String(size).padStart(8)}  ${file}`);
}
console.log(`${String(total).padStart(8)}  of ${LIMIT} bytes, gzipped`);
if (files.length < 3 || total > LIMIT) {
  console.error(files.length < 3 ? 'The site has no script: build it first.' : 'The first load is too big.');
  process.exit(1);
}
