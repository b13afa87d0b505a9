// In which order a transaction creates: the specification leaves it open, and what is there first decides who may write and who is heard.
// https://hl7.org/fhir/R4/http.html#trules
import { invalid } from '../../fhir/error.ts';
import { linkedFullUrls } from './bundle-references.ts';
import type { PlannedEntry } from './plan-bundle.ts';
import type { ConcreteEntry } from './resolve-entries.ts';

export type Create = Extract<PlannedEntry, { kind: 'create' }>;

export function creates(plan: readonly ConcreteEntry[]): readonly Create[] {
  return plan.filter((entry): entry is Create => entry.kind === 'create');
}

/** The order of creates means nothing (R4 http), but who may write a record depends on the Patient being there. */
export function patientsFirst(entries: readonly Create[]): readonly Create[] {
  const isPatient = ({ type }: Create) => type === 'Patient';
  return [...entries.filter(isPatient), ...entries.filter((entry) => !isPatient(entry))];
}

const aheadTypes: readonly string[] = [
  'Patient',
  'Practitioner',
  'PractitionerRole',
  'Organization',
  'Questionnaire',
];

/** What has to be there before answers are heard: whom they are about, who is called in, and what was asked. */
export const isAhead = ({ type }: { readonly type: string }): boolean => aheadTypes.includes(type);

const answerTypes: readonly string[] = [
  'Condition',
  'DiagnosticReport',
  'Observation',
  'QuestionnaireResponse',
];

/** What may call somebody in. */
const isAnswer = ({ type }: Create): boolean => answerTypes.includes(type);

export function answersLast(entries: readonly Create[]): readonly Create[] {
  return [...entries.filter((each) => !isAnswer(each)), ...entries.filter(isAnswer)];
}

/** In their order; each of them comes after those that it links to. */
export function answersAndWhatLinksToThem(
  ordered: readonly Create[],
  names: ReadonlySet<string>,
): ReadonlySet<Create> {
  const found = new Set<Create>();
  const fullUrls: string[] = [];
  for (const entry of ordered) {
    if (!isAnswer(entry) && linkedFullUrls(entry.resource, entry.fullUrl, fullUrls, names).size === 0)
      continue;
    found.add(entry);
    if (entry.fullUrl !== undefined) fullUrls.push(entry.fullUrl);
  }
  return found;
}

/** Each after those that it links to. Throws FhirError 400 when they link to each other in a circle. */
export function inOrderOfLinks(entries: readonly Create[], names: ReadonlySet<string>): readonly Create[] {
  const byFullUrl = new Map(entries.map((entry) => [entry.fullUrl ?? '', entry]));
  const fullUrls = [...byFullUrl.keys()].filter((fullUrl) => fullUrl !== '');
  const ordered = new Set<Create>();
  const waiting = new Set<Create>();
  const visit = (entry: Create): void => {
    if (ordered.has(entry)) {
      return;
    }
    if (waiting.has(entry)) {
      const place = `Bundle.entry[${entry.index}]`;
      throw invalid('Conditional creates cannot refer to each other in a circle.', place);
    }
    waiting.add(entry);
    for (const fullUrl of linkedFullUrls(entry.resource, entry.fullUrl, fullUrls, names)) {
      const next = byFullUrl.get(fullUrl);
      if (next !== undefined && next !== entry) {
        visit(next);
      }
    }
    ordered.add(entry);
  };
  entries.forEach(visit);
  return [...ordered];
}
