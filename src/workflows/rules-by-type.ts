// Which rule goes with which resource type. Adding a rule here makes it hold for create, update and Bundle entries alike.
import type { ResourceType } from '@medplum/fhirtypes';
import { carePlanRule, goalRule, serviceRequestRule } from './course-rules.ts';
import { requestGroupRule } from './request-group-rule.ts';
import { questionnaireResponseRule } from './submit-questionnaire-response.ts';
import { taskRule } from './task-rule.ts';
import type { WriteRule } from './write-rules.ts';

export const rulesByType: Partial<Record<ResourceType, WriteRule>> = {
  CarePlan: carePlanRule,
  Goal: goalRule,
  QuestionnaireResponse: questionnaireResponseRule,
  RequestGroup: requestGroupRule,
  ServiceRequest: serviceRequestRule,
  Task: taskRule,
};
