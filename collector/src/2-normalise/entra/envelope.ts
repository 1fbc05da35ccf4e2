/** The shapes an Entra record arrives in, reduced to one: the log item, plus what only the envelope knows. */
import { fieldsOf, instantOf, nameOf, textOf, type Fields } from '../audit-field.ts';
import { parseJsonText } from '../json-record.ts';
import { microsoftTime } from '../microsoft-activity.ts';

/** Kind of log item: directory audit, sign-in, risk detection, Graph API call, provisioning, or none of them. */
export type EntraKind = 'audit' | 'sign_in' | 'risk' | 'graph_call' | 'provisioning' | 'other';

/** One log item. `envelope` is the diagnostic-settings wrapper, or empty for Graph API items. */
export interface EntraItem {
  readonly kind: EntraKind;
  readonly item: Fields;
  readonly envelope: Fields;
  readonly category: string;
}

const none: Fields = {};

const kindByCategory: ReadonlyMap<string, EntraKind> = new Map([
  ['AuditLogs', 'audit'],
  ['SignInLogs', 'sign_in'],
  ['NonInteractiveUserSignInLogs', 'sign_in'],
  ['ServicePrincipalSignInLogs', 'sign_in'],
  ['ManagedIdentitySignInLogs', 'sign_in'],
  ['ADFSSignInLogs', 'sign_in'],
  ['MicrosoftServicePrincipalSignInLogs', 'sign_in'],
  ['ProvisioningLogs', 'provisioning'],
  ['UserRiskEvents', 'risk'],
  ['RiskyUsers', 'risk'],
  ['ServicePrincipalRiskEvents', 'risk'],
  ['RiskyServicePrincipals', 'risk'],
  ['MicrosoftGraphActivityLogs', 'graph_call'],
  ['AzureADGraphActivityLogs', 'graph_call'],
]);

/**
 * Detects the shape: `properties` with `category` is a diagnostic-settings record (Event Hub, storage), where `properties`
 * may be JSON text; `activityDisplayName`, `status.errorCode` or `riskEventType` at the top is a Graph item; `TimeGenerated` is a row of a table. Undefined: none.
 */
export function entraItem(record: Fields): EntraItem | undefined {
  if (typeof record['TimeGenerated'] === 'string') return tableRow(record);
  const envelopeCategory = textOf(record['category'], 128);
  const properties = propertiesOf(record['properties']);
  if (properties !== undefined && envelopeCategory !== undefined) {
    const known = kindByCategory.get(envelopeCategory);
    const kind = known ?? kindOfItem(properties) ?? 'other';
    return { kind, item: properties, envelope: record, category: envelopeCategory };
  }
  const kind = kindOfItem(record);
  if (kind === undefined) return undefined;
  return { kind, item: record, envelope: none, category: envelopeCategory ?? '' };
}

const columnNames: ReadonlyMap<string, string> = new Map([
  ['IPAddress', 'ipAddress'],
  ['LocationDetails', 'location'],
  ['TimeGenerated', 'time'],
]);

const categoryByTable: ReadonlyMap<string, string> = new Map([
  ['AuditLogs', 'AuditLogs'],
  ['SigninLogs', 'SignInLogs'],
  ['AADNonInteractiveUserSignInLogs', 'NonInteractiveUserSignInLogs'],
  ['AADServicePrincipalSignInLogs', 'ServicePrincipalSignInLogs'],
  ['AADManagedIdentitySignInLogs', 'ManagedIdentitySignInLogs'],
  ['AADProvisioningLogs', 'ProvisioningLogs'],
  ['AADUserRiskEvents', 'UserRiskEvents'],
  ['AADRiskyUsers', 'RiskyUsers'],
  ['ADFSSignInLogs', 'ADFSSignInLogs'],
  ['MicrosoftGraphActivityLogs', 'MicrosoftGraphActivityLogs'],
]);

/** A row of a Log Analytics or Sentinel table: the item's members as columns, objects among them often as JSON text. */
function tableRow(row: Fields): EntraItem | undefined {
  const item: Record<string, unknown> = {};
  for (const [column, value] of Object.entries(row)) {
    if (value === null) continue;
    const name = columnNames.get(column) ?? column.charAt(0).toLowerCase() + column.slice(1);
    item[name] = columnValue(value);
  }
  const code = Number(item['resultType']);
  if (typeof item['resultType'] === 'string' && item['resultType'] !== '' && Number.isInteger(code))
    item['status'] ??= { errorCode: code, failureReason: item['resultDescription'] };
  const category =
    categoryByTable.get(textOf(item['type'], 128) ?? '') ?? textOf(item['category'], 128) ?? '';
  const kind = kindByCategory.get(category) ?? kindOfItem(item);
  return kind === undefined ? undefined : { kind, item, envelope: item, category };
}

function columnValue(value: unknown): unknown {
  if (typeof value !== 'string' || !(value.startsWith('{') || value.startsWith('['))) return value;
  const parsed = parseJsonText(value);
  return parsed.ok ? parsed.value : value;
}

function propertiesOf(value: unknown): Fields | undefined {
  if (typeof value !== 'string') return fieldsOf(value);
  const parsed = parseJsonText(value);
  return parsed.ok ? fieldsOf(parsed.value) : undefined;
}

function kindOfItem(item: Fields): EntraKind | undefined {
  if (typeof item['activityDisplayName'] === 'string') return 'audit';
  if (fieldsOf(item['status'])?.['errorCode'] !== undefined) return 'sign_in';
  if (typeof item['riskEventType'] === 'string' || typeof item['riskState'] === 'string') return 'risk';
  if (
    fieldsOf(item['provisioningStatusInfo']) !== undefined ||
    typeof item['provisioningAction'] === 'string'
  )
    return 'provisioning';
  return undefined;
}

/** Vendor id of the item; absent in some streams, which then are known by the hash of their bytes. */
export function entraId(found: EntraItem): string | undefined {
  return nameOf(found.item['id'], 256) ?? nameOf(found.item['__UDI_RequiredFields_UniqueId'], 256);
}

/** Vendor's name of what happened; of Graph sign-ins, provisioning and risks, which have none, that of the diagnostic settings. */
export function entraName(found: EntraItem): string {
  return (
    textOf(found.item['activityDisplayName'], 512) ??
    textOf(found.envelope['operationName'], 512) ??
    (found.category === '' ? (graphNames.get(found.kind) ?? found.kind) : found.category)
  );
}

const graphNames: ReadonlyMap<EntraKind, string> = new Map([
  ['sign_in', 'Sign-in activity'],
  ['provisioning', 'Provisioning activity'],
  ['risk', 'User Risk Detection'],
]);

/** Time of the act: the item's own first, the envelope's last. Undefined when none can be read. */
export function entraTime(found: EntraItem): ReturnType<typeof instantOf> {
  const { item, envelope } = found;
  return (
    timeOf(item['activityDateTime']) ??
    timeOf(item['createdDateTime']) ??
    timeOf(item['detectedDateTime']) ??
    timeOf(item['timeGenerated']) ??
    timeOf(item['riskLastUpdatedDateTime']) ??
    timeOf(envelope['time'])
  );
}

function timeOf(value: unknown): ReturnType<typeof instantOf> {
  return typeof value === 'string' ? instantOf(microsoftTime(value)) : undefined;
}
