"""Read the items of a QTI 2.1 package by pyslet, which refuses what the schema does not have.

Prints {file: why it was refused, or the type of the item's first interaction}. pyslet 0.7 lacks two
rules of the schema: feedbackInline, and hottext wherever text may stand. So the former is taken out
and what the latter stands in is made a div; everything else is read as it was written.
"""

import json
import logging
import sys
import xml.etree.ElementTree as ET
import zipfile

from pyslet.html401 import XHTMLError
from pyslet.qtiv2.core import QTIError
from pyslet.qtiv2.interactions import Interaction
from pyslet.qtiv2.xml import QTIDocument
from pyslet.xml.structures import Element, XMLError

QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"


def readable(raw: bytes) -> str:
    """Return an item without what pyslet does not know."""
    root = ET.fromstring(raw)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == f"{{{QTI}}}feedbackInline":
                parent.remove(child)
        if any(child.tag == f"{{{QTI}}}hottext" for child in parent):
            parent.tag = f"{{{QTI}}}div"
    return ET.tostring(root, encoding="unicode")


def read(raw: bytes) -> str:
    """Return what the item asks by, or why it was refused."""
    document = QTIDocument()
    try:
        document.read(src=readable(raw))
    except (QTIError, XHTMLError, XMLError) as error:
        return f"refused: {type(error).__name__} {error}"
    root = document.root
    for each in [root, *root.find_children_depth_first(Element)]:
        if unknown := set(each._attrs):
            return f"refused: {type(each).__name__} has no attribute {unknown}"
    found = root.find_children_depth_first(Interaction)
    return next((type(each).__name__ for each in found), "nothing")


logging.disable(logging.CRITICAL)
ET.register_namespace("", QTI)
with zipfile.ZipFile(sys.argv[1]) as package:
    items = [name for name in package.namelist() if name.startswith("items/")]
    print(json.dumps({name: read(package.read(name)) for name in items}))
