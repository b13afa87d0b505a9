// Every FHIR operation of the service. Adding one here routes it and names it in the CapabilityStatement.
import type { Operation } from '../operation.ts';
import { carePlanCourse } from './care-plan-course.ts';
import { carePlanSessionComplete } from './care-plan-session-complete.ts';
import { patientRefer } from './patient-refer.ts';
import { planDefinitionApply } from './plan-definition-apply.ts';
import { planDefinitionEnroll } from './plan-definition-enroll.ts';
import { planDefinitionExplain } from './plan-definition-explain.ts';
import { questionnairePopulate } from './questionnaire-populate.ts';
import { questionnaireResponseExtract } from './questionnaire-response-extract.ts';

export const operations: readonly Operation[] = [
  planDefinitionApply,
  planDefinitionExplain,
  patientRefer,
  planDefinitionEnroll,
  carePlanSessionComplete,
  carePlanCourse,
  questionnairePopulate,
  questionnaireResponseExtract,
];
