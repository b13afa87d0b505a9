// A database with the records of so many people, loaded once and used again by later runs, with a token for each practitioner.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchDatabase, type BenchDatabases, type DatabaseKind, displayNames } from '../databases.ts';
import { progress } from '../progress.ts';
import { makeTokens } from '../tokens.ts';
import { generalPractitionerOf, patientsOfOne, therapistOf } from './people.ts';

/** Raised when other records are made for the same number: an older data set is not used then. */
const edition = 1;
const loadProcess = join(import.meta.dirname, 'load-process.ts');
/** With some room for the log: PostgreSQL, the larger of the two, takes 140,000 bytes. */
const bytesPerPatient = 200_000;

interface Manifest {
  readonly edition: number;
  readonly resources: number;
  /** So many resources were loaded. */
  readonly perSecond: number;
  readonly sizeBytes: number;
  /** By practice, from 0. */
  readonly gpTokens: readonly string[];
  readonly therapistTokens: readonly string[];
}

export interface Dataset extends Manifest {
  readonly patients: number;
  readonly database: BenchDatabase;
  readonly gpTokenOf: (patient: number) => string;
  readonly therapistTokenOf: (patient: number) => string;
}

function assertRoom(folder: string, patients: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const [free, needed] = [bavail * bsize, patients * bytesPerPatient];
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  if (free < needed) {
    throw new Error(
      `${patients} patients need up to ${gigabytes(needed)} in ${folder}, where ${gigabytes(free)} are free. Choose another folder with --data or smaller --sizes.`,
    );
  }
}

interface Loaded {
  readonly written: number;
  /** By an earlier run that was interrupted. */
  readonly stored: number;
}

async function load(database: BenchDatabase, patients: number): Promise<Loaded> {
  const bar = progress(`${displayNames[database.kind]}, ${patients} patients`, patients * resourcesEach);
  const child = fork(loadProcess, [database.address, String(patients)]);
  let loaded: Loaded = { written: 0, stored: 0 };
  child.on('message', (message) => {
    loaded = message as Loaded;
    bar.show(loaded.written);
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (code !== 0) {
    throw new Error(
      `Loading ${patients} patients into ${database.address} was ended by ${signal ?? code}. The same command goes on with it.`,
    );
  }
  bar.end();
  return loaded;
}

/** For the bar alone: odd patients have one goal, even ones two. */
const resourcesEach = 32.5;

async function made(database: BenchDatabase, patients: number): Promise<Manifest> {
  const started = performance.now();
  const { written, stored } = await load(database, patients);
  const seconds = (performance.now() - started) / 1000;
  await database.settle();
  const practices = Array.from(
    { length: Math.ceil(patients / patientsOfOne) },
    (_, at) => 1 + at * patientsOfOne,
  );
  return {
    edition,
    resources: written,
    perSecond: (written - stored) / seconds,
    sizeBytes: await database.sizeBytes(),
    gpTokens: await makeTokens(database, 'gp', practices.map(generalPractitionerOf)),
    therapistTokens: await makeTokens(database, 'therapist', practices.map(therapistOf)),
  };
}

function readManifest(file: string): Manifest | undefined {
  if (!existsSync(file)) return undefined;
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  if (manifest.edition !== edition) {
    throw new Error(`${file} is of another edition of the bench: remove its folder to load the data anew.`);
  }
  return manifest;
}

/** Loads it into the folder when an earlier run has not. */
export async function dataset(
  databases: BenchDatabases,
  folder: string,
  kind: DatabaseKind,
  patients: number,
): Promise<Dataset> {
  const file = join(folder, `${kind}-${patients}.json`);
  const name = `patients-${patients}`;
  const known = readManifest(file);
  if (known === undefined) assertRoom(folder, patients);
  const database = await databases.open(kind, name);
  const manifest = known ?? (await made(database, patients));
  if (known === undefined) writeFileSync(file, `${JSON.stringify(manifest, undefined, 2)}\n`);
  const tokenOf = (tokens: readonly string[]) => (patient: number) =>
    tokens[Math.floor((patient - 1) / patientsOfOne)] ?? '';
  return {
    ...manifest,
    patients,
    database,
    gpTokenOf: tokenOf(manifest.gpTokens),
    therapistTokenOf: tokenOf(manifest.therapistTokens),
  };
}
