import { describeCases } from './describe-cases.ts';
import { openFolderWorld } from './folder-world.ts';

describeCases('folder', openFolderWorld);
