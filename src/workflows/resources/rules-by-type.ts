// Which rule goes with which resource type. Adding a rule here makes it hold for create, update and Bundle entries alike.
import type { ResourceType } from '@medplum/fhirtypes';
import { flagRule } from '../alarms/alarm-rules.ts';
import { conditionRule } from '../alarms/hear-condition.ts';
import { containedInAnswersRule, reportRule } from '../alarms/hear-contained.ts';
import { observationRule } from '../alarms/hear-observation.ts';
import { questionnaireResponseRule } from '../answers/submit-questionnaire-response.ts';
import { consentRule } from '../consents/consent-rule.ts';
import { requestGroupRule } from '../course-changes/request-group-rule.ts';
import { carePlanRule, goalRule, serviceRequestRule } from '../courses/course-rules.ts';
import { clinicalImpressionRule } from '../formulation/formulation-rule.ts';
import { procedureRule } from '../formulation/works-on.ts';
import { appointmentRule } from '../referrals/appointment-rule.ts';
import { taskRule } from '../referrals/task-rule.ts';
import { oneRuleOf } from './one-rule-of.ts';
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
  QuestionnaireResponse: oneRuleOf(questionnaireResponseRule, containedInAnswersRule),
  RequestGroup: requestGroupRule,
  ServiceRequest: serviceRequestRule,
  Task: taskRule,
};
