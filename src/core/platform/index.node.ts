// Public to other folders: modules and packages of Node.
export { importedModules, importModule } from './importModule.node.ts';
export { isInstalled, missingPackages } from './missingPackages.node.ts';
