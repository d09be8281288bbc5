export function isWebBuilt(): boolean;
export function canBuildWeb(): boolean;
export function buildWeb(): Promise<void>;
