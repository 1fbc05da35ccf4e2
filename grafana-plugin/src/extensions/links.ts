/** Links that Grafana shows in its own pages. Titles and targets stand in plugin.json too; a test compares them. */
import type { PluginExtensionAddedLinkConfig } from '@grafana/data';
import { pluginPath } from '../constants.ts';

/** What Grafana tells about an alert instance; @grafana/data has no type for it, and older versions tell less. */
interface AlertInstanceContext {
  readonly instance?: { readonly labels?: Readonly<Record<string, string>> };
}

/** What Grafana tells about a panel. */
interface PanelContext {
  readonly dashboard?: { readonly uid?: string; readonly tags?: readonly string[] };
  readonly scopedVars?: Readonly<Record<string, { readonly value?: unknown } | undefined>>;
}

/** Alert instance to its case (`path` is what Grafana wants at registration, `configure` gives the real one); hidden for alerts that carry no case. */
export const caseOfAlert: PluginExtensionAddedLinkConfig<AlertInstanceContext> = {
  title: 'Open Zonewarden case',
  description: 'Timeline, evidence, playbook and approvals of the case behind this alert',
  targets: ['grafana/alerting/instance/action'],
  path: `${pluginPath}/fleet`,
  icon: 'shield',
  configure: (context) => {
    const id = context?.instance?.labels?.['case_id'];
    if (id === undefined || id === '') return undefined;
    return { path: `${pluginPath}/cases/${encodeURIComponent(id)}` };
  },
};

function domainOf(context: PanelContext | undefined): string | undefined {
  const scoped = context?.scopedVars?.['domain']?.value;
  if (typeof scoped === 'string' && scoped !== '') return scoped;
  const chosen = new URLSearchParams(window.location.search).get('var-domain');
  return chosen === null || chosen === '' || chosen.startsWith('$') ? undefined : chosen;
}

/** Panel of a dashboard with a chosen domain to the domain's page; hidden elsewhere. */
export const domainOfPanel: PluginExtensionAddedLinkConfig<PanelContext> = {
  title: 'Open Zonewarden domain',
  description: 'Who controls this domain, what changed, and whether anyone meant it',
  targets: ['grafana/dashboard/panel/menu'],
  path: `${pluginPath}/fleet`,
  icon: 'shield',
  configure: (context) => {
    const ours =
      context?.dashboard?.tags?.includes('zonewarden') === true ||
      context?.dashboard?.uid?.startsWith('zonewarden-') === true;
    const domain = domainOf(context);
    if (!ours || domain === undefined) return undefined;
    return { path: `${pluginPath}/domains/${encodeURIComponent(domain)}` };
  },
};
