// Guards the shared explanation: each factor says what it must, a new version follows the one before, and none is written over.
import type { ClinicalImpression } from '@medplum/fhirtypes';
import { explanationRefusal } from '../../course/formulation/explanation-moves.ts';
import {
  explanationStateOf,
  formulationChain,
  isFormulation,
  withFactorIds,
} from '../../course/formulation/formulation.ts';
import { businessRule } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import { isSameContent } from '../resources/is-same-content.ts';
import type { WriteRule } from '../resources/write-rules.ts';
import { checkFactors } from './check-factors.ts';
import { formulationsOf } from './formulations-of.ts';

/** Refuses (422) with everything that is wrong; (404) evidence or an earlier version that is not this person's. Other ClinicalImpressions are left alone. */
export const clinicalImpressionRule: WriteRule = {
  async beforeCreate(context, resource) {
    return resource.resourceType === 'ClinicalImpression' && isFormulation(resource)
      ? newVersion(context, resource)
      : undefined;
  },

  beforeUpdate(_context, current, next) {
    if (current.resourceType !== 'ClinicalImpression' || next.resourceType !== 'ClinicalImpression') {
      return undefined;
    }
    if (!isFormulation(current)) {
      if (isFormulation(next)) throw businessRule('an explanation is made by POST', 'ClinicalImpression');
      return undefined;
    }
    if (!isSameContent(contentOf(current), contentOf(next))) {
      throw businessRule(
        `an explanation is not written over: make a new one, with previous ClinicalImpression/${current.id}; only its status may become entered-in-error`,
        'ClinicalImpression',
      );
    }
    if (next.status !== current.status && next.status !== 'entered-in-error') {
      throw businessRule(
        `an explanation cannot go from ${current.status} to ${next.status}; allowed: entered-in-error. How far it is agreed is said by a new one`,
        'ClinicalImpression.status',
      );
    }
    return undefined;
  },

  beforeDelete(_context, current) {
    if (current.resourceType === 'ClinicalImpression' && isFormulation(current)) {
      throw businessRule(
        'an explanation is not deleted, since goals and exercises rest on it: set it to entered-in-error',
        'ClinicalImpression.status',
      );
    }
  },
};

async function newVersion(
  context: WorkflowContext,
  impression: ClinicalImpression,
): Promise<ClinicalImpression> {
  await checkFactors(context, impression);
  const all = await formulationsOf(context, impression.subject.reference ?? '');
  const chain = formulationChain(all);
  const [newest] = chain;
  const previous = impression.previous?.reference;
  const expected = newest && `ClinicalImpression/${newest.id}`;
  if (previous !== undefined && previous !== expected) {
    throw businessRule(
      expected === undefined
        ? `there is no explanation before this one: leave previous out, not "${previous}"`
        : `the explanation before this one is ${expected}, not "${previous}": read it, and say what has changed since`,
      'ClinicalImpression.previous',
    );
  }
  const refusal = explanationRefusal(explanationStateOf(chain), impression);
  if (refusal !== undefined) throw businessRule(refusal, 'ClinicalImpression.statusReason');
  return withFactorIds({ ...impression, ...(expected && { previous: { reference: expected } }) }, all);
}

function contentOf({
  meta: _meta,
  status: _status,
  statusReason: _reason,
  text: _text,
  ...rest
}: ClinicalImpression) {
  return rest;
}
