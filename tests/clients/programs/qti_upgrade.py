"""Make QTI 3.0 of the items of a QTI 2.1 package by Citolab's converter, without its additions.

Prints {file: the item}.
"""

import json
import sys
import zipfile

from qti_convert import upgrade_qti2_to_qti3

with zipfile.ZipFile(sys.argv[1]) as package:
    items = [name for name in package.namelist() if name.startswith("items/")]
    print(json.dumps({name: upgrade_qti2_to_qti3(package.read(name)) for name in items}))
