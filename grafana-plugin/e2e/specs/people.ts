/** Somebody who may only look; made in Grafana by the project `sign in as viewer`. */
export const viewer = { user: 'zonewarden-viewer', password: 'zonewarden-viewer', role: 'Viewer' } as const;
