// A process that writes the records of invented people straight into an empty database, by transactions and without HTTP, validation and
// audit: what is measured afterwards is the database. Visit after visit, so that a person's records lie apart as they do when years lie
// between. An interrupted load goes on where it was. It is a process of its own so that its memory is not the bench's.
//
// node load-process.ts <sqlite:PATH or postgres://...> <patients>; tells its parent how many resources are written.
import { bulkWriter } from './bulk-writer.ts';
import { visits, writtenMs } from './people.ts';
import { recordMaker } from './person-record.ts';

const [database = '', patients] = process.argv.slice(2);
const patientsAtOnce = 50;

const writer = await bulkWriter(database);
const recordOf = recordMaker('fhir-profiles');
let written = 0;
for (const visit of visits) {
  for (let first = 1; first <= Number(patients); first += patientsAtOnce) {
    const last = Math.min(Number(patients), first + patientsAtOnce - 1);
    const numbers = Array.from({ length: last - first + 1 }, (_, at) => first + at);
    const records = numbers.flatMap((number) => recordOf(number, visit));
    // All of a batch is stored, or none of it.
    if (written >= writer.stored) await writer.write(records, writtenMs(visit, first));
    written += records.length;
    process.send?.({ written, stored: writer.stored });
  }
}
await writer.finish();
process.disconnect?.();
