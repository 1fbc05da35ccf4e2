/** Words of the audit page. Pure. */
import { readable, safe } from '../../model/words.ts';

/** `Case acknowledged` of `case.acknowledged`; a request to the API stays as it was made. */
export function actionText(action: string): string {
  return / \//.test(action) ? safe(action) : safe(readable(action.replaceAll('.', ' ')));
}
