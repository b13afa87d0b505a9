// Puts the CQL that stands beside a Library of fhir-profiles (Library-x.cql beside Library-x.json) into it, with the ELM that it translates to.
// `--check` only tells which libraries are stale. ELM is never written by hand.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Library } from '@medplum/fhirtypes';
import { elmContentType } from '../src/fhir/elm.ts';
import { formatFiles } from './content/format-files.ts';
import { translateCql } from './content/translate-cql.ts';

const folder = join(import.meta.dirname, '..', 'fhir-profiles');
const isCheck = process.argv.includes('--check');

const sources = readdirSync(folder, { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.cql'))
  .map((entry) => join(entry.parentPath, entry.name))
  .sort();
const byName = new Map(
  sources.map((path) => {
    const text = readFileSync(path, 'utf8');
    return [/^\s*library\s+"?(\w+)/m.exec(text)?.[1] ?? path, text] as const;
  }),
);
const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');

const stale: string[] = [];
for (const path of sources) {
  const file = path.replace(/\.cql$/, '.json');
  const text = readFileSync(path, 'utf8');
  const translated = translateCql(text, (name) => byName.get(name));
  if (!existsSync(file) || translated.kind === 'faults') {
    const faults = translated.kind === 'faults' ? translated.faults : ['has no Library beside it'];
    for (const fault of faults) process.stdout.write(`${path}: ${fault}\n`);
    process.exitCode = 1;
    continue;
  }
  const library = JSON.parse(readFileSync(file, 'utf8')) as Library;
  const content = [
    { contentType: 'text/cql', data: base64(text) },
    { contentType: elmContentType, data: base64(translated.text) },
  ];
  if (isDeepStrictEqual(library.content, content)) continue;
  stale.push(file);
  if (isCheck) process.stdout.write(`stale: ${file}\n`);
  else writeFileSync(file, `${JSON.stringify({ ...library, content }, null, 2)}\n`);
}
if (isCheck && stale.length > 0) process.exitCode = 1;
if (!isCheck) {
  if (stale.length > 0) formatFiles(stale);
  process.stdout.write(`${stale.length} libraries in fhir-profiles got their ELM anew\n`);
}
