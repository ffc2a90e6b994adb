"""Does this protocol fit this rig?"""
