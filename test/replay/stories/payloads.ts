/** Payloads as services write them, for stories that go through the real normalisers. */
import type { Sight } from './story.ts';

/** Google Cloud DNS audit record of one change request. */
export function cloudDnsChange(zone: string, at: string, additions: unknown[], deletions: unknown[]): Sight {
  return {
    raw: 'gcp-dns',
    payload: {
      insertId: `ins-${at}`,
      logName: 'projects/acme-dns/logs/cloudaudit.googleapis.com%2Factivity',
      protoPayload: {
        '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
        authenticationInfo: { principalEmail: 'deployer@acme-dns.iam.gserviceaccount.com' },
        authorizationInfo: [{ granted: true, permission: 'dns.changes.create', resourceAttributes: {} }],
        methodName: 'dns.changes.create',
        request: {
          '@type': 'type.googleapis.com/cloud.dns.api.ChangesCreateRequest',
          change: { additions, deletions },
          managedZone: zone,
          project: 'acme-dns',
        },
        requestMetadata: { callerIp: '203.0.113.112', requestAttributes: { time: at } },
        resourceName: `managedZones/${zone}`,
        response: {
          '@type': 'type.googleapis.com/cloud.dns.api.ChangesCreateResponse',
          change: { additions, deletions, id: '41', startTime: at, status: 'PENDING' },
        },
        serviceName: 'dns.googleapis.com',
        status: {},
      },
      receiveTimestamp: at,
      resource: {
        labels: { location: 'global', project_id: 'acme-dns', zone_name: zone },
        type: 'dns_managed_zone',
      },
      severity: 'NOTICE',
      timestamp: at,
    },
  };
}

/** Microsoft 365 audit record. */
export function m365(operation: string, at: string, more: Record<string, unknown>): Sight {
  return {
    raw: 'm365-audit',
    payload: {
      CreationTime: at.replace('Z', ''),
      Id: `id-${operation}-${at}`,
      Operation: operation,
      OrganizationId: 'org-1',
      RecordType: 1,
      ResultStatus: 'True',
      UserType: 2,
      Version: 1,
      Workload: 'Exchange',
      ClientIP: '203.0.113.112:443',
      ...more,
    },
  };
}

/** EPP poll message of a pending transfer (RFC 5731, RFC 9038). */
export function eppTransfer(domain: string, status: string, id: number, at: string): Sight {
  return {
    raw: 'epp-poll',
    payload: `<?xml version="1.0" encoding="UTF-8"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><response><result code="1301"><msg>Command completed successfully; ack to dequeue</msg></result><msgQ count="1" id="${id}"><qDate>${at}</qDate><msg>Transfer ${status}.</msg></msgQ><resData><domain:trnData xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:name>${domain}</domain:name><domain:trStatus>${status}</domain:trStatus><domain:reID>registrar-x</domain:reID><domain:reDate>${at}</domain:reDate><domain:acID>registrar-a</domain:acID><domain:acDate>${at}</domain:acDate></domain:trnData></resData><trID><clTRID>c-${id}</clTRID><svTRID>s-${id}</svTRID></trID></response></epp>`,
  };
}

/** A DMARC aggregate report (RFC 9990) in which most mail of the domain fails. */
export function dmarcReport(domain: string, beginS: number, source: string, count: number): Sight {
  return {
    raw: 'dmarc',
    contentType: 'application/xml',
    payload: `<?xml version="1.0"?><feedback><version>1.0</version><report_metadata><org_name>mail.example</org_name><email>dmarc@mail.example</email><report_id>r-${beginS}-${source}</report_id><date_range><begin>${beginS}</begin><end>${beginS + 86_399}</end></date_range></report_metadata><policy_published><domain>${domain}</domain><adkim>r</adkim><aspf>r</aspf><p>none</p><sp>none</sp><pct>100</pct></policy_published><record><row><source_ip>${source}</source_ip><count>${count}</count><policy_evaluated><disposition>none</disposition><dkim>fail</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>${domain}</header_from></identifiers><auth_results><spf><domain>${domain}</domain><result>fail</result></spf></auth_results></record></feedback>`,
  };
}
