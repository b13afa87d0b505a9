// Which rule goes with which resource type. Adding a rule here makes it hold for create, update and Bundle entries alike.
import type { ResourceType } from '@medplum/fhirtypes';
import { flagRule } from './alarm-rules.ts';
import { appointmentRule } from './appointment-rule.ts';
import { consentRule } from './consent-rule.ts';
import { carePlanRule, goalRule, serviceRequestRule } from './course-rules.ts';
import { clinicalImpressionRule, procedureRule } from './formulation-rule.ts';
import { conditionRule } from './hear-condition.ts';
import { observationRule } from './hear-observation.ts';
import { reportRule } from './hear-report.ts';
import { requestGroupRule } from './request-group-rule.ts';
import { questionnaireResponseRule } from './submit-questionnaire-response.ts';
import { taskRule } from './task-rule.ts';
import type { WriteRule } from './write-rules.ts';

export const rulesByType: Partial<Record<ResourceType, WriteRule>> = {
  Appointment: appointmentRule,
  CarePlan: carePlanRule,
  ClinicalImpression: clinicalImpressionRule,
  Condition: conditionRule,
  Consent: consentRule,
  DiagnosticReport: reportRule,
  Flag: flagRule,
  Goal: goalRule,
  Observation: observationRule,
  Procedure: procedureRule,
  QuestionnaireResponse: questionnaireResponseRule,
  RequestGroup: requestGroupRule,
  ServiceRequest: serviceRequestRule,
  Task: taskRule,
};
