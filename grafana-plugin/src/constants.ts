/** Names that plugin.json states too. */
import pluginJson from './plugin.json';

/** Identifier of the plugin. */
export const pluginId: string = pluginJson.id;
/** Path of the plugin in Grafana and in the console. */
export const pluginPath = `/a/${pluginId}`;
