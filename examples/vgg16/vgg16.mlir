// VGG-16 (Simonyan and Zisserman, arXiv:1409.1556, configuration D), as in torchvision.
// 138,357,544 parameters.
cnn.block @conv(%x) params(filters) {
  %conv = cnn.conv2d %x filters(filters) kernel(3) pad(1)
  %bias = cnn.bias %conv
  %relu = cnn.relu %bias
  cnn.yield %relu
}

cnn.block @stage(%x) params(filters, depth) {
  %conv = cnn.use @conv(%x) with(filters = filters) repeat(depth)
  %pool = cnn.max_pool2d %conv kernel(2)
  cnn.yield %pool
}

cnn.block @dense(%x) params(units) {
  %dense = cnn.dense %x units(units) init(he_normal)
  %bias = cnn.bias %dense
  %relu = cnn.relu %bias
  %dropout = cnn.dropout %relu rate(0.5)
  cnn.yield %dropout
}

cnn.model @vgg16 {
  %image = cnn.input "image" as tensor<?x224x224x3xui8>
  %label = cnn.input "label" as tensor<?xi32>
  %0 = cnn.normalize %image mean(0.485, 0.456, 0.406) std(0.229, 0.224, 0.225)
  %stage1 = cnn.use @stage(%0) with(filters = 64, depth = 2)
  %stage2 = cnn.use @stage(%stage1) with(filters = 128, depth = 2)
  %stage3 = cnn.use @stage(%stage2) with(filters = 256, depth = 3)
  %stage4 = cnn.use @stage(%stage3) with(filters = 512, depth = 3)
  %stage5 = cnn.use @stage(%stage4) with(filters = 512, depth = 3)
  %flat = cnn.flatten %stage5
  %fc = cnn.use @dense(%flat) with(units = 4096) repeat(2)
  %classifier = cnn.dense %fc units(1000)
  %logits = cnn.bias %classifier
  %loss = cnn.softmax_cross_entropy %logits, %label
  %top1 = cnn.accuracy %logits, %label
  %top5 = cnn.accuracy %logits, %label top(5)
  cnn.loss %loss metrics(top1 = %top1, top5 = %top5)
}

cnn.recipe @vgg16 batch(256) epochs(90)
  optimizer(sgd, learning_rate = 0.01, momentum = 0.9, weight_decay = 5e-4, reference_batch = 256)
  schedule(step, milestones = [30, 60, 80])
  augment(resized_crop = true, flip = true)
