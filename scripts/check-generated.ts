// Fails when a generated file differs from what its source would give now, and says which command mends it.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import openapiTypescript, { astToString } from 'openapi-typescript';

const stale: string[] = [];

for (const script of [
  'scripts/vendor-base.ts',
  'scripts/vendor-search.ts',
  'scripts/write-snapshots.ts',
  'scripts/write-elm.ts',
  'scripts/write-guide.ts',
]) {
  const run = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  if (run.status !== 0) stale.push(`${script}: ${run.stdout}${run.stderr}`);
}

const types = 'src/generated/openapi.ts';
const source = new URL('../openapi/openapi.yaml', import.meta.url);
const generated = astToString(await openapiTypescript(source));
const held = readFileSync(new URL(`../${types}`, import.meta.url), 'utf8');
// The command line puts a notice before what the library returns.
if (!held.endsWith(generated)) stale.push(`${types}: differs from openapi/openapi.yaml`);

for (const line of stale) process.stdout.write(`${line}\n`);
if (stale.length > 0) {
  process.stdout.write('Generated files are stale: run npm run generate\n');
  process.exitCode = 1;
}
