// Nothing that the validator of @medplum/core refuses gets past our walk, and what we refuse beyond that is a rule of R4 that we can name.
// The resources are those of corpus.ts, as they are and changed in up to three places.
import { fileURLToPath } from 'node:url';
import { loadDataType, OperationOutcomeError, validateTypedValue } from '@medplum/core';
import type { OperationOutcomeIssue, Resource } from '@medplum/fhirtypes';
import fc from 'fast-check';
import { baseDefinitions } from '../../../src/content/base-definitions.ts';
import { corpus } from './corpus.ts';
import { mutationsOf } from './mutations.ts';
import { validatorOnBase } from './validator-on-base.ts';

const base = baseDefinitions(fileURLToPath(new URL('../../../fhir-profiles/base/', import.meta.url)));
const validator = validatorOnBase();
const resources = corpus();

// The walk loads a type when it comes by one; the library must also know those that it never came by.
beforeAll(() => {
  for (const name of base.names()) {
    const definition = base.definition(name);
    if (definition) loadDataType(definition);
  }
});

const isError = ({ severity }: OperationOutcomeIssue): boolean =>
  severity === 'error' || severity === 'fatal';

function ours(resource: Resource): readonly string[] {
  return validator
    .validate(resource)
    .filter(isError)
    .map((issue) => `${issue.expression?.[0]}: ${issue.diagnostics}`);
}

/** What it throws counts as refused: it is of no use for a resource that it cannot read. */
function theirs(resource: Resource): readonly string[] {
  try {
    return validateTypedValue({ type: resource.resourceType, value: resource }).filter(isError).map(told);
  } catch (error) {
    if (error instanceof OperationOutcomeError) return (error.outcome.issue ?? []).filter(isError).map(told);
    if (error instanceof Error) return [error.message];
    throw error;
  }
}

const told = (issue: OperationOutcomeIssue): string => `${issue.expression?.[0]}: ${issue.details?.text}`;

/** What the library refuses without reason. */
const wrongly: readonly RegExp[] = [
  // Task's inv-1 and MedicationDispense's like it: it compares the texts of two dates, not the moments (invariants.test.ts).
  /^Task: .*Last modified date must be greater than or equal to authored-on date/,
  // bdl-8: its FHIRPath engine cannot search a text that has an id or extensions beside it (invariants.test.ts).
  /^Bundle(?:\.entry\[\d+\]\.resource)*\.entry\[\d+\]: (?:Error evaluating invariant expression$|Constraint bdl-8 )/,
  // que-7: nor does it take a boolean that has an id or extensions beside it for one.
  /^Questionnaire(?:\.item\[\d+\])+\.enableWhen\[\d+\]: Constraint que-7 /,
];

/** What we refuse and the library does not, by our words for it. */
const knownToBeStricter: readonly (readonly [why: string, words: RegExp])[] = [
  ['it checks no codes', /is not in the required value set|No coding is from the required value set/],
  ['it only warns of two values of a choice', /: Only one of "/],
  ['it only warns of a wrong target', /A reference to \w+ is not allowed here|R4 has no resource type/],
  ['it takes what is empty for absent', /may not be empty$|A null may only stand beside a value$/],
  [
    'it takes an object or array for the extensions of a primitive',
    /A JSON \w+ is expected for|(?:array|object)(?: with extensions)? is expected|A single value is expected/,
  ],
  [
    'it reads a lone element beside an object, and elements of a choice by their beginning',
    / has no element "/,
  ],
  [
    'it takes a time without a zone, an hour without minutes, and a zone without a time',
    /: Invalid dateTime format$/,
  ],
  [
    'its own refusal of this is not counted, right or wrong: it compares texts (see above)',
    /^Task: inv-1: Last modified date/,
  ],
  ['it does not read narratives', /: txt-[12]: /],
  ['it has no such resource type in an entry', /A resource of a type of R4 is expected$/],
  [
    'it skips these invariants, or we keep them out of the definitions',
    /: (?:ext-1|ref-1|dom-3|org-1|bdl-7|cpb-\d+|csd-1|ig-[12]|nsd-2|obs-7|que-2|sdf-\w+): /,
  ],
  [
    'it evaluates those of data types only on the outermost value',
    /: (?:age|att|cnt|cpt|dis|drq|drt|eld|exp|mqty|per|qty|rat|rng|sqty|tim|trd)-\d+: /,
  ],
  [
    'it evaluates those of resources only on the outermost one',
    /^Bundle\.[^:]*: \w+-\w+: |\.contained\[\d+\][^:]*: \w+-\w+: |^Parameters\.[^:]*: \w+-\w+: /,
  ],
];

/** Those without a known reason. The library takes `_subject` for a subject, so the one that is missing is named by us alone. */
function unexplained(found: readonly string[]): readonly string[] {
  return found.filter((each) => {
    const [place = '', words] = each.split(': ');
    const beside = place.replace(/(\w+)$/, '_$1');
    if (words === 'Missing required property' && found.some((other) => other.startsWith(beside)))
      return false;
    return !knownToBeStricter.some(([, known]) => known.test(each));
  });
}

describe('beside the validator of @medplum/core, ours', () => {
  it('judges the resources as they are', () => {
    for (const resource of resources) {
      const found = ours(resource);
      const refusals = theirs(resource).filter((each) => !wrongly.some((words) => words.test(each)));
      expect([resource.id, refusals.length > 0 && found.length === 0 ? refusals : []]).toEqual([
        resource.id,
        [],
      ]);
      if (refusals.length === 0) {
        expect([resource.id, unexplained(found)]).toEqual([resource.id, []]);
      }
    }
  });

  it('refuses whatever it refuses when they are changed, and nothing else without a known reason', () => {
    const seen = { refused: 0, taken: 0 };
    const changed = fc.tuple(fc.nat({ max: resources.length - 1 }), mutationsOf(resources));
    fc.assert(
      fc.property(changed, ([place, mutate]) => {
        const resource = structuredClone(resources[place]);
        if (!resource) throw new Error('the corpus is not empty');
        mutate(resource);
        const found = ours(resource);
        const all = theirs(resource);
        const refusals = all.filter((each) => !wrongly.some((words) => words.test(each)));
        if (refusals.length > 0) {
          seen.refused++;
          expect({ refusals, isRefused: found.length > 0 }).toEqual({ refusals, isRefused: true });
        } else {
          if (found.length === 0) seen.taken++;
          // What the library refuses too needs no reason, even where it often does so wrongly.
          const agreed = new Set(all.map((each) => each.replace(/Constraint (\S+) not met/, '$1')));
          expect(unexplained(found.filter((each) => !agreed.has(each)))).toEqual([]);
        }
      }),
      { numRuns: 4000, seed: 20_261_120 },
    );
    // Enough of both kinds, or this test would say little.
    expect(seen.refused).toBeGreaterThan(2000);
    expect(seen.taken).toBeGreaterThan(400);
  });
});
