// For a search parameter, R4's or ours: resources that carry a value for it, made from its expression, and the search that must find each.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Resource } from '@medplum/fhirtypes';
import { elementAt, type Step, sampleResource, targetsOf, typesOf, type Wish } from './sample-resource.ts';
import { sampleFactor } from './sample-values.ts';
import { componentPaths, pathsOf, type SearchPath } from './search-paths.ts';

interface Definition {
  readonly url: string;
  readonly code: string;
  readonly type: string;
  readonly expression: string;
  readonly target?: readonly string[];
  readonly component?: readonly { readonly definition: string; readonly expression: string }[];
}

export interface SearchSample {
  readonly resource: Resource;
  /** Searching for this finds the resource. */
  readonly value: string;
  /** The type of what it refers to. */
  readonly target?: string;
}

const r4 = 'fhir-profiles/base/search-parameters.json';
const own = 'fhir-profiles/capability';

const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
const ownFiles = readdirSync(own).filter((name) => name.startsWith('SearchParameter-'));

/** R4's, and those of the service's own content. */
const definitions = new Map(
  [...(read(r4) as Definition[]), ...ownFiles.map((name) => read(join(own, name)) as Definition)].map(
    (each) => [each.url, each],
  ),
);

function definitionOf(url: string): Definition {
  const found = definitions.get(url);
  if (found === undefined) throw new Error(`nothing defines ${url}`);
  return found;
}

/** The data types that a parameter of each kind finds: https://hl7.org/fhir/R4/search.html#table */
const findable: Readonly<Record<string, readonly string[]>> = {
  string: ['string', 'markdown', 'HumanName', 'Address'],
  token: [
    'code',
    'boolean',
    'string',
    'id',
    'uri',
    'Coding',
    'CodeableConcept',
    'Identifier',
    'ContactPoint',
  ],
  reference: ['Reference', 'canonical', 'uri', 'url'],
  date: ['date', 'dateTime', 'instant', 'Period', 'Timing'],
  number: ['decimal', 'integer', 'positiveInt', 'unsignedInt'],
  quantity: ['Quantity', 'SimpleQuantity', 'Age', 'Duration', 'Count', 'Distance', 'Money', 'Range'],
  uri: ['uri', 'url', 'canonical', 'oid', 'uuid'],
};

/** How the value of an element is written in a search, so that it is found. */
function written(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const fields = value as Readonly<Record<string, unknown>>;
  const { coding, event, low, start, system, code, currency, reference, city, family } = fields;
  const number = fields['value'];
  if (Array.isArray(coding)) return written(coding[0]);
  if (Array.isArray(event)) return written(event[0]);
  // A range is not equal to one of its ends.
  if (low !== undefined) return `ge${written(low)}`;
  if (start !== undefined) return `ge${written(start)}`;
  if (typeof number === 'number') {
    return [number, system ?? 'urn:iso:std:iso:4217', code ?? currency].map(written).join('|');
  }
  if (code !== undefined) return [system, code].map(written).join('|');
  if (number !== undefined) {
    return system === 'phone' || system === 'email'
      ? written(number)
      : [system, number].map(written).join('|');
  }
  return written(reference ?? city ?? family);
}

/** What stands at the end of a path; of several elements the first. */
function valueAt(resource: unknown, [step, ...rest]: readonly Step[]): unknown {
  if (step === undefined) return resource;
  const { name, as = '' } = step;
  const holder = resource as Readonly<Record<string, unknown>>;
  const found = holder[name] ?? holder[name + as.charAt(0).toUpperCase() + as.slice(1)];
  return valueAt(Array.isArray(found) ? (found as readonly unknown[])[0] : found, rest);
}

/** A reference to an explanation says besides which of its factors is meant: what works on one is refused without. */
const referenceTo = (target: string) => ({
  reference: `${target}/walk`,
  ...(target === 'ClinicalImpression' && {
    extension: [
      {
        url: 'https://w3id.org/alongside/fhir/StructureDefinition/works-on-factor',
        valueString: sampleFactor,
      },
    ],
  }),
});

/** Each wish makes one kind of resource that the path finds something in. */
function wishesFor(
  type: string,
  path: SearchPath,
  kind: string,
  allowed: readonly string[],
): readonly Wish[] {
  const last = path.steps.at(-1);
  const element = elementAt(type, path.steps);
  if (last === undefined || element === undefined) return [];
  const types = last.as === undefined ? typesOf(element) : [last.as];
  const usable = path.asksWhether ? ['boolean'] : path.cut ? ['canonical'] : (findable[kind] ?? []);
  return types
    .filter((each) => usable.includes(each))
    .map((as): Wish => {
      const steps = [...path.steps.slice(0, -1), { ...last, as }];
      return as === 'Reference' ? { steps, value: referenceTo(targetOf()) } : { steps };
    });

  function targetOf(): string {
    const possible = element === undefined ? [] : targetsOf(element);
    const wanted = path.onlyTarget === undefined ? allowed : [path.onlyTarget];
    const both = possible.filter((each) => wanted.length === 0 || wanted.includes(each));
    return (possible.length === 0 ? wanted[0] : both[0]) ?? 'Patient';
  }
}

function sampleOf(type: string, wishes: readonly Wish[]): SearchSample {
  const resource = sampleResource(type, wishes);
  const found = wishes.map(({ steps }) => valueAt(resource, steps));
  const { reference } = Object(found[0]) as { readonly reference?: string };
  return {
    resource,
    value: found.map(written).join('$'),
    ...(reference !== undefined && { target: reference.replace(/\/.*/, '') }),
  };
}

/** Every choice of one from each list. */
const choices = <T>(lists: readonly (readonly T[])[]): readonly (readonly T[])[] =>
  lists.reduce<readonly (readonly T[])[]>(
    (chosen, list) => chosen.flatMap((before) => list.map((one) => [...before, one])),
    [[]],
  );

/** One for each branch of the expression and each data type that it can have there. None where R4 lets nothing stand that it finds. */
export function searchSamples(type: string, url: string): readonly SearchSample[] {
  const { type: kind, expression, component = [], target = [] } = definitionOf(url);
  const paths = pathsOf(type, expression);
  if (kind !== 'composite') {
    return paths.flatMap((path) =>
      wishesFor(type, path, kind, target).map((wish) => {
        const sample = sampleOf(type, [wish]);
        return path.cut ? { ...sample, value: path.cut(sample.value) } : sample;
      }),
    );
  }
  return paths.flatMap(({ steps }) => {
    const wishes = component.map((each) => {
      const { type: part, target: allowed = [] } = definitionOf(each.definition);
      return componentPaths(steps, each.expression).flatMap((path) => wishesFor(type, path, part, allowed));
    });
    return choices(wishes).map((chosen) => sampleOf(type, chosen));
  });
}

/** A resource in which the parameter finds a reference to `target`; undefined where R4 lets no element hold one. */
export function referringSample(type: string, url: string, target: string): Resource | undefined {
  const path = pathsOf(type, definitionOf(url).expression).find(({ steps, onlyTarget = target }) => {
    const element = elementAt(type, steps);
    if (element === undefined || onlyTarget !== target) return false;
    const possible = targetsOf(element);
    return typesOf(element).includes('Reference') && (possible.length === 0 || possible.includes(target));
  });
  const last = path?.steps.at(-1);
  if (path === undefined || last === undefined) return undefined;
  const steps = [...path.steps.slice(0, -1), { ...last, as: 'Reference' }];
  return sampleResource(type, [{ steps, value: referenceTo(target) }]);
}
