// Sends one request whose answer the bench needs, and throws when it is refused.
import type { ServiceProcess } from './service-process.ts';

export async function send(
  service: ServiceProcess,
  token: string,
  path: string,
  body: unknown,
): Promise<unknown> {
  const answer = await fetch(`${service.baseUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${(await answer.text()).slice(0, 500)}`);
  return answer.json();
}
