// Public to other folders: studies.
export { parseStudy, type StudyDefinition } from './definition.ts';
export { reportMarkdown, type StudyReport } from './report.ts';
export { runStudy } from './runStudy.ts';
export type { StudyEvents } from './studyWork.ts';
