// How long a session is meant to last, as ServiceRequest.quantity: one number of minutes, or from so many to so many.
import type { Quantity, ServiceRequest } from '@medplum/fhirtypes';

interface Minutes {
  readonly minutesLow?: number;
  readonly minutesHigh?: number;
}

/** Also of how long something lasted: a Duration of R4 is such a Quantity. */
export const minutesQuantity = (value: number): Quantity => ({
  value,
  unit: 'min',
  system: 'http://unitsofmeasure.org',
  code: 'min',
});

export function sessionQuantity({
  minutesLow,
  minutesHigh,
}: Minutes): Pick<ServiceRequest, 'quantityQuantity' | 'quantityRange'> {
  if (minutesLow === undefined) {
    return {};
  }
  return minutesHigh === undefined || minutesHigh === minutesLow
    ? { quantityQuantity: minutesQuantity(minutesLow) }
    : { quantityRange: { low: minutesQuantity(minutesLow), high: minutesQuantity(minutesHigh) } };
}

export function minutesOf({ quantityQuantity, quantityRange }: ServiceRequest): Minutes {
  const low = quantityRange?.low?.value ?? quantityQuantity?.value;
  const high = quantityRange?.high?.value ?? quantityQuantity?.value;
  return { ...(low !== undefined && { minutesLow: low }), ...(high !== undefined && { minutesHigh: high }) };
}
