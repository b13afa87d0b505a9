// Which rule goes with which resource type. Adding a rule here makes it hold for create, update and Bundle entries alike.
import type { ResourceType } from '@medplum/fhirtypes';
import { appointmentRule } from './appointment-rule.ts';
import { carePlanRule, goalRule, serviceRequestRule } from './course-rules.ts';
import { questionnaireResponseRule } from './submit-questionnaire-response.ts';
import { taskRule } from './task-rule.ts';
import type { WriteRule } from './write-rules.ts';

export const rulesByType: Partial<Record<ResourceType, WriteRule>> = {
  Appointment: appointmentRule,
  CarePlan: carePlanRule,
  Goal: goalRule,
  QuestionnaireResponse: questionnaireResponseRule,
  ServiceRequest: serviceRequestRule,
  Task: taskRule,
};
