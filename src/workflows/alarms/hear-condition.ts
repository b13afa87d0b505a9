// What a Condition says that may call somebody in: that what its code names is there. https://hl7.org/fhir/R4/condition.html
import type { CodeableConcept, Coding, Condition, Resource } from '@medplum/fhirtypes';
import type { CallingAnswers } from '../../instruments/calling-answers.ts';
import { codeKey } from '../../instruments/said-value.ts';
import type { WriteRule } from '../resources/write-rules.ts';
import { ruleOfSaid } from './hear-said.ts';
import { writerOf } from './writer-of.ts';

const denied: readonly string[] = ['refuted', 'entered-in-error'];
const ended: readonly string[] = ['inactive', 'remission', 'resolved'];

export const conditionRule: WriteRule = ruleOfSaid<Condition>({
  type: 'Condition',
  isOfType: (resource: Resource) => resource.resourceType === 'Condition',
  word: 'Condition',

  statements(calling, { code }) {
    const coding = (code?.coding ?? []).filter((each) => isHeard(calling, each));
    return coding.length > 0 ? [{ coding, value: { valueBoolean: true } }] : [];
  },

  standing({ verificationStatus, clinicalStatus }) {
    if (isAny(verificationStatus, denied)) return 'withdrawn';
    return isAny(clinicalStatus, ended) ? 'over' : 'stands';
  },

  // What began long ago and is written down today is said today.
  saidAt({ recordedDate, onsetDateTime, onsetPeriod }, lastInstantOf) {
    const last = recordedDate ?? onsetDateTime ?? onsetPeriod?.start;
    return last === undefined ? undefined : lastInstantOf(last);
  },
  saidIn: 'Condition.recordedDate',

  madeOf: async () => [],

  writer: ({ recorder, asserter }) =>
    writerOf({ ...(recorder && { author: recorder }), ...(asserter && { source: asserter }) }),

  withdrawal: {
    element: 'Condition.verificationStatus',
    how: 'Set its verificationStatus to entered-in-error',
  },
});

const ownSystems = 'https://w3id.org/alongside/fhir/CodeSystem/';

/** A code of our own is written down to call somebody in; that of a general terminology calls where nobody should wait. */
function isHeard({ byCode, isDueSoon }: CallingAnswers, coding: Coding): boolean {
  const rule = byCode.get(codeKey(coding));
  if (rule === undefined) return false;
  return coding.system?.startsWith(ownSystems) === true || isDueSoon(rule.action);
}

function isAny(status: CodeableConcept | undefined, codes: readonly string[]): boolean {
  return status?.coding?.some(({ code }) => code !== undefined && codes.includes(code)) === true;
}
