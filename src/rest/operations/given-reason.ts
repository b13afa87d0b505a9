// Reads why a plan is changed and whether it was agreed: the parameters that every change of a plan has.
import type { GivenReason } from '../../workflows/course-changes/tailoring-reason.ts';
import type { ParameterReader } from './parameter-reader.ts';

export const reasonNames = ['reason', 'reasonText', 'agreed', 'notAgreedReason'] as const;

export function givenReason(reader: ParameterReader): GivenReason {
  return {
    reason: reader.listed('reason'),
    reasonText: reader.text('reasonText'),
    agreed: reader.flag('agreed'),
    notAgreedReason: reader.text('notAgreedReason'),
    expression: reader.expression,
  };
}
