// Public to other folders: ranks, and how a process joins them.
export { launchIn, withoutLaunch } from './launcher.ts';
export {
  fromLeader,
  gather,
  isKnownToAll,
  isOnAny,
  LeaderFailed,
  nameOfRank,
  onlyRank,
  partOfRank,
  type Ranks,
  RanksLost,
  ranksBeside,
} from './ranks.ts';
