/** Chunks lie beside the module that Grafana loaded, wherever that was. Imported first by `module.tsx`. */
import amdModule from 'amd-module';

declare let __webpack_public_path__: string;

const uri = amdModule?.uri;
if (typeof uri === 'string') __webpack_public_path__ = uri.slice(0, uri.lastIndexOf('/') + 1);
