/**
 * Libraries that Grafana shares with plugins, given to SystemJS under the same names. The list must hold every external of
 * `webpack.config.ts` that the plugin imports: a missing one keeps it from loading. `shared:` stands for the exports that the
 * plugin uses (`shared-names.ts`); libraries that must be one instance with all they have come by their own name.
 */
import * as i18next from 'i18next';
import * as react from 'react';
import * as reactDom from 'react-dom';
import * as jsxDevRuntime from 'react/jsx-dev-runtime';
import * as jsxRuntime from 'react/jsx-runtime';
import * as emotionCss from 'shared:@emotion/css';
import * as grafanaData from 'shared:@grafana/data';
import * as grafanaRuntime from 'shared:@grafana/runtime';
import * as grafanaUi from 'shared:@grafana/ui';
import * as reactRouter from 'shared:react-router';
import * as rxjs from 'shared:rxjs';

/** The part of SystemJS that the host uses. */
export interface SystemLoader {
  set(id: string, module: object): void;
  import(address: string): Promise<unknown>;
  constructor: { prototype: { resolve(id: string, parent?: string): string } };
}

const prefix = 'shared:';

/** Live bindings must stay live: SystemJS copies whatever does not say that it is a module. */
function namespace(module: object): object {
  return Object.prototype.toString.call(module) === '[object Module]'
    ? module
    : new Proxy(module, {
        get: (target, name) =>
          name === Symbol.toStringTag ? 'Module' : (target as Record<PropertyKey, unknown>)[name],
      });
}

const modules: Readonly<Record<string, object>> = {
  '@emotion/css': namespace(emotionCss),
  '@grafana/data': namespace(grafanaData),
  '@grafana/runtime': namespace(grafanaRuntime),
  '@grafana/ui': namespace(grafanaUi),
  i18next: namespace(i18next),
  react: namespace(react),
  'react-dom': namespace(reactDom),
  'react-router': namespace(reactRouter),
  'react/jsx-dev-runtime': namespace(jsxDevRuntime),
  'react/jsx-runtime': namespace(jsxRuntime),
  rxjs: namespace(rxjs),
};

/** Makes the libraries known. */
export function shareModules(system: SystemLoader): void {
  for (const [name, module] of Object.entries(modules)) system.set(prefix + name, module);
  const { prototype } = system.constructor;
  const before = Object.create(prototype, Object.getOwnPropertyDescriptors(prototype)) as typeof prototype;
  prototype.resolve = function (id, parent) {
    return Object.hasOwn(modules, id) ? prefix + id : before.resolve.call(this, id, parent);
  };
}
