/// <reference types="vite/client" />
/** True where src/mock answers instead of a server. */
declare const __MOCK__: boolean;
