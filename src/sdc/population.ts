// What the walk through a Questionnaire's items carries along while it is filled.
import type { Questionnaire } from '@medplum/fhirtypes';
import type { PopulationLookUps } from './look-ups.ts';
import type { ExpressionGround } from './run-expression.ts';

export interface Population extends ExpressionGround {
  readonly lookUps: PopulationLookUps;
  readonly questionnaire: Questionnaire;
  readonly now: Date;
}
