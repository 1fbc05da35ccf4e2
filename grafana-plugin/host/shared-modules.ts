/**
 * Libraries that Grafana shares with plugins, given to SystemJS under the same names. The list must hold every external of
 * `webpack.config.ts` that the plugin imports: a missing one keeps it from loading.
 */
import * as emotionCss from '@emotion/css';
import * as emotionReact from '@emotion/react';
import * as grafanaData from '@grafana/data';
import * as grafanaRuntime from '@grafana/runtime';
import * as grafanaUi from '@grafana/ui';
import * as i18next from 'i18next';
import jquery from 'jquery';
import lodash from 'lodash';
import moment from 'moment';
import * as react from 'react';
import * as reactDom from 'react-dom';
import * as inlineSvg from 'react-inlinesvg';
import * as jsxDevRuntime from 'react/jsx-dev-runtime';
import * as jsxRuntime from 'react/jsx-runtime';
import * as reactRouter from 'react-router-dom';
import * as rxjs from 'rxjs';

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

function byDefault(library: unknown): object {
  return { ...(library as object), default: library, __useDefault: true };
}

const modules: Readonly<Record<string, object>> = {
  '@emotion/css': namespace(emotionCss),
  '@emotion/react': namespace(emotionReact),
  '@grafana/data': namespace(grafanaData),
  '@grafana/runtime': namespace(grafanaRuntime),
  '@grafana/ui': namespace(grafanaUi),
  i18next: namespace(i18next),
  jquery: byDefault(jquery),
  lodash: byDefault(lodash),
  moment: byDefault(moment),
  react: namespace(react),
  'react-dom': namespace(reactDom),
  'react-inlinesvg': namespace(inlineSvg),
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
