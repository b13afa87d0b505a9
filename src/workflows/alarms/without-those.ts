// Compares alarms: which of some do not stand among others.
import type { RaisedAlarm } from '../../instruments/raised-alarms.ts';
import { isSameContent } from '../resources/is-same-content.ts';

/** The alarms without those that stand in `others` too; of a sign each by itself. */
export function withoutThose(
  alarms: readonly RaisedAlarm[],
  others: readonly RaisedAlarm[],
): readonly RaisedAlarm[] {
  return alarms.flatMap((alarm) => {
    const other = others.find(({ about, action }) => about === alarm.about && action === alarm.action);
    if (!other) return alarm;
    const signs = alarm.signs.filter((sign) => !other.signs.some((each) => isSameContent(each, sign)));
    return signs.length === 0 ? [] : { ...alarm, signs };
  });
}
