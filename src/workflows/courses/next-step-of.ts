// What comes next in a course, in the words of the content for whoever asks.
import type { CarePlan, ParametersParameter, ServiceRequest } from '@medplum/fhirtypes';
import { type CourseStep, nextStep } from '../../course/next-step/next-step.ts';
import { saidParameter } from '../../course/said.ts';
import type { WorkflowContext } from '../context.ts';
import { daysOf } from '../days.ts';
import { sentencesOf } from './sentences-of.ts';

export const isToldToThePerson = ({ actor }: WorkflowContext): boolean => actor.role === 'patient';

export const nextStepOf = (
  context: WorkflowContext,
  carePlan: CarePlan,
  sessions: readonly ServiceRequest[],
): CourseStep =>
  nextStep(carePlan, sessions, daysOf(context), {
    sentence: sentencesOf(context.catalogue),
    isForThePerson: isToldToThePerson(context),
  });

/** What is said, in every language of the content, as the part of an answer. */
export const wordsOf = ({ said }: CourseStep): ParametersParameter => saidParameter('text', said);
