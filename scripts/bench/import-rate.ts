// Measures `npm run import`: Observations a second from an NDJSON file, through every check.
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type BenchDatabase, displayNames } from './databases.ts';
import { runCommand } from './service-process.ts';
import { makeTokens } from './tokens.ts';
import { benchObservation, benchPatient, generalPractitioner } from './workload.ts';

const patients = 400;
const each = 50;

function* lines(): Generator<string> {
  yield `${JSON.stringify({ resourceType: 'Practitioner', id: generalPractitioner.split('/')[1] })}\n`;
  for (let patient = 1; patient <= patients; patient += 1) {
    yield `${JSON.stringify(benchPatient(patient))}\n`;
    for (let serial = 0; serial < each; serial += 1) {
      yield `${JSON.stringify({ ...benchObservation(patient, serial), id: `import-${patient}-${serial}` })}\n`;
    }
  }
}

/** Prints the rate, start of the process included. */
export async function importRate(database: BenchDatabase, folder: string): Promise<void> {
  const file = join(folder, `import-${database.kind}.ndjson`);
  await pipeline(lines(), createWriteStream(file));
  // Brings the schema up to date, which is not what is measured.
  await makeTokens(database, 'system', []);
  const started = performance.now();
  runCommand(database.env, 'import', '--file', file);
  const seconds = (performance.now() - started) / 1000;
  const count = 1 + patients * (1 + each);
  process.stdout.write(
    `${displayNames[database.kind]}: npm run import took ${count} resources in ${seconds.toFixed(1)} s (${Math.round(count / seconds)}/s)\n`,
  );
}
