// Checks why a plan is changed, and whether it was agreed: a code of ours, words, or both; without the person's agreement, a sentence why.
import type { CarePlan, CodeableConcept, Coding, Extension } from '@medplum/fhirtypes';
import type { Catalogue } from '../../content/catalogue.ts';
import { extensionUrl, tailoringReasonSystem } from '../../course/course-codes.ts';
import { saidAs } from '../../course/said.ts';
import { businessRule } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import { conceptsIn, inWords } from '../courses/names-of-codes.ts';

export interface GivenReason {
  readonly reason?: CodeableConcept;
  /** Words beside a code. */
  readonly reasonText?: string;
  readonly agreed?: boolean;
  readonly notAgreedReason?: string;
  readonly expression: string;
}

export interface AgreedReason {
  readonly reason: CodeableConcept;
  readonly agreed: true | string;
}

/** As it is kept: of what was done by a move of a Task nobody may have said whether it was agreed. */
export type SaidReason = Pick<AgreedReason, 'reason'> & Partial<Pick<AgreedReason, 'agreed'>>;

function knownReasons(catalogue: Catalogue, list: string): readonly Coding[] {
  return conceptsIn(catalogue, list).map(({ code, display }) => ({
    system: list,
    ...(code && { code }),
    ...(display && { display }),
  }));
}

/** What a reason is for, and the code system of ours that lists such reasons. */
export interface Reasoned {
  readonly system: string;
  readonly what: string;
  /** Said where it was not agreed and nobody says why. */
  readonly together: string;
}

const changeOfPlan: Reasoned = {
  system: tailoringReasonSystem,
  what: 'a change of the plan',
  together: 'a plan is changed with the person',
};

/** Refused (422): no reason, a code of ours that is none, no word on the agreement. */
export function agreedReason(
  catalogue: Catalogue,
  given: GivenReason,
  reasoned: Reasoned = changeOfPlan,
): AgreedReason {
  return { reason: checkedReason(catalogue, given, reasoned), agreed: agreement(given, reasoned) };
}

function checkedReason(
  catalogue: Catalogue,
  given: GivenReason,
  { system, what }: Reasoned,
): CodeableConcept {
  const known = knownReasons(catalogue, system);
  const list = known.map(({ code }) => code).join(', ');
  const { reason, reasonText, expression } = given;
  const words = [reason?.text, reasonText].filter((text) => text?.trim());
  const byText = known.find(({ code }) => code === reason?.text?.trim());
  const codings = byText
    ? [byText]
    : (reason?.coding ?? []).map((coding) => {
        const isOurs = coding.system === undefined || coding.system === system;
        const found = known.find(({ code }) => code === coding.code);
        if (isOurs && !found) {
          throw businessRule(`"${coding.code}" is no reason of ${system}; known: ${list}`, expression);
        }
        return (isOurs && found) || coding;
      });
  const text = byText ? reasonText : words.join('. ');
  if (codings.length === 0 && !text?.trim()) {
    throw businessRule(`${what} needs its "reason": words, or a code of ${list}`, expression);
  }
  return { ...(codings.length > 0 && { coding: codings }), ...(text?.trim() && { text }) };
}

function agreement(
  { agreed, notAgreedReason, expression }: GivenReason,
  { together }: Reasoned,
): true | string {
  if (agreed === undefined) {
    throw businessRule('say whether it was "agreed" with the patient: true or false', expression);
  }
  if (agreed) {
    return true;
  }
  if (!notAgreedReason) {
    throw businessRule(
      `${together}: where it was not agreed, say why in a sentence ("notAgreedReason")`,
      expression,
    );
  }
  return notAgreedReason;
}

/** Those that the plan does not say yet, each once and in words: R4 has no room for codes here. */
export function reasonsNotSaid(
  catalogue: Catalogue,
  { extension = [] }: CarePlan,
  reasons: readonly CodeableConcept[],
): readonly Extension[] {
  const words = reasons.map((reason) => inWords(catalogue, reason));
  return [...new Map(words.map((each) => [each.text, each])).values()]
    .filter(({ text }) => !extension.some(({ valueString }) => valueString === text))
    .map((each) => ({ url: extensionUrl.tailoringReason, ...saidAs('valueString', each) }));
}

/** Who changes the plan: the one who is asking, or the leader of the course when a token stands for nobody. */
export function authorOf({ actor }: WorkflowContext, careManager: string | undefined): string {
  return actor.subject ?? careManager ?? '';
}
